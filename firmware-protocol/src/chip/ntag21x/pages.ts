/** A run of bytes cut into pages of four, each with its number. */
import { equalBytes } from '../../bytes.ts';
import { PAGE_BYTES } from './model.ts';

export interface Page {
  readonly number: number;
  /** 4 bytes. */
  readonly data: Uint8Array;
}

/** @param bytes A multiple of four long. */
export function pagesOf(first: number, bytes: Uint8Array): Page[] {
  const pages: Page[] = [];
  for (let offset = 0; offset < bytes.length; offset += PAGE_BYTES) {
    pages.push({ number: first + offset / PAGE_BYTES, data: bytes.slice(offset, offset + PAGE_BYTES) });
  }
  return pages;
}

/** Those pages of `after` that `before` doesn't hold already. */
export function changedPages(first: number, before: Uint8Array, after: Uint8Array): Page[] {
  return pagesOf(first, after).filter(
    (page, index) => !equalBytes(before.slice(index * PAGE_BYTES, (index + 1) * PAGE_BYTES), page.data),
  );
}
