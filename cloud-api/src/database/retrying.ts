/** Two boxes that meet at the same chips in an unlucky order: PostgreSQL ends one of them, and it just goes again. */

/** 40001 serialization_failure, 40P01 deadlock_detected. */
const TRANSIENT = new Set(['40001', '40P01']);
const ATTEMPTS = 5;

export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
    }
  }
}

function isTransient(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && TRANSIENT.has(error.code)
  );
}
