import type { Connection } from './connection.ts';
import { type Revocation, revokes } from './revocation.ts';

/**
 * The accepted connections, one per terminal, and which terminals are online. Online means that the terminal said so
 * on its live session (it has subscribed and can be asked); it ends with its word, its will, or the session, whichever
 * comes first.
 */
export class Sessions {
  readonly #open = new Map<string, { readonly connection: Connection; online: boolean }>();
  readonly #presence: (terminalId: string, online: boolean) => void;

  constructor(presence: (terminalId: string, online: boolean) => void) {
    this.#presence = presence;
  }

  get size(): number {
    return this.#open.size;
  }

  online(): string[] {
    return [...this.#open].filter(([, session]) => session.online).map(([terminalId]) => terminalId);
  }

  has(terminalId: string): boolean {
    return this.#open.has(terminalId);
  }

  isCurrent(connection: Connection): boolean {
    return this.#open.get(connection.identity.terminalId)?.connection === connection;
  }

  /**
   * A second connection takes the first one's place (MQTT 3.1.1 section 3.1.4-2). Only the holder of the same key gets
   * this far, and a till whose old link is half open must not wait for it to time out.
   */
  open(connection: Connection): void {
    const { terminalId } = connection.identity;
    const previous = this.#open.get(terminalId)?.connection;
    if (previous !== undefined) this.end(previous);
    this.#open.set(terminalId, { connection, online: false });
    connection.once('close', () => this.end(connection));
  }

  /** Cuts the connection; a no-op when it isn't the terminal's current one any more. */
  end(connection: Connection): void {
    if (!this.isCurrent(connection)) return;
    this.setOnline(connection, false);
    this.#open.delete(connection.identity.terminalId);
    connection.destroy();
  }

  setOnline(connection: Connection, online: boolean): void {
    const session = this.#open.get(connection.identity.terminalId);
    if (session?.connection !== connection || session.online === online) return;
    session.online = online;
    this.#presence(connection.identity.terminalId, online);
  }

  revoked(revocation: Revocation): Connection[] {
    return [...this.#open.values()]
      .map(session => session.connection)
      .filter(connection => revokes(revocation, connection.identity));
  }

  close(): void {
    for (const { connection } of [...this.#open.values()]) this.end(connection);
  }
}
