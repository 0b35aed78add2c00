/** What disk-shim.c notes, record by record; the layout is its `struct record`, little endian. */

export type DiskRecord =
  /** Bytes from `offset` on were about to change: `old` is what was there, as far as the file went. */
  | {
      readonly kind: 'data';
      readonly inode: number;
      readonly offset: number;
      readonly length: number;
      /** The file's length before. */
      readonly size: number;
      readonly old: Uint8Array;
    }
  /** Of a file or a folder. */
  | { readonly kind: 'sync'; readonly inode: number }
  | { readonly kind: 'create'; readonly folder: number; readonly path: string }
  /** `saved`: a hard link to what `to` named before; '' when that was nothing. `inode`: of what was renamed. */
  | {
      readonly kind: 'rename';
      readonly folder: number;
      readonly inode: number;
      readonly path: string;
      readonly to: string;
      readonly saved: string;
    }
  | { readonly kind: 'unlink'; readonly folder: number; readonly path: string; readonly saved: string };

const HEAD_BYTES = 48;

/** @throws RangeError for what no shim writes. A last record that was cut short described something that didn't happen any more. */
export function readDiskLog(bytes: Uint8Array): DiskRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: DiskRecord[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + HEAD_BYTES + view.getUint32(at + 4, true);
    if (end > bytes.length) break;
    records.push(recordAt(view, at, bytes.subarray(at + HEAD_BYTES, end)));
    at = end;
  }
  return records;
}

function recordAt(view: DataView, at: number, payload: Uint8Array): DiskRecord {
  const number = (place: number) => Number(view.getBigUint64(at + 8 + 8 * place, true));
  const [inode, folder] = [number(0), number(1)];
  const [path = '', to = '', saved = ''] = new TextDecoder().decode(payload).split('\0');
  switch (view.getUint32(at, true)) {
    case 1:
      return { kind: 'data', inode, offset: number(2), length: number(3), size: number(4), old: payload };
    case 2:
      return { kind: 'sync', inode };
    case 3:
      return { kind: 'create', folder, path };
    case 4:
      return { kind: 'rename', folder, inode, path, to, saved };
    case 5:
      return { kind: 'unlink', folder, path, saved };
    default:
      throw new RangeError(`the disk's log holds no record at ${at}`);
  }
}
