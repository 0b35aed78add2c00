/** The hunt says nothing of any mutant: something has to be mended first. The message says what. */
export class HuntStopped extends Error {
  override readonly name = 'HuntStopped';
}
