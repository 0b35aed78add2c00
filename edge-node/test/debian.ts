import { spawnSync } from 'node:child_process';

/**
 * For tests that need a program from a Debian package. True when it is there. When it isn't: on a developer's machine
 * the caller leaves its tests out and this says so aloud; in CI it is an error, so that nothing is left out unseen.
 */
export function hasDebianTool(tool: string, debianPackage: string): boolean {
  if (spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0) return true;
  const sentence = `${tool} is missing: apt-get install ${debianPackage}`;
  if (process.env.CI) throw new Error(sentence);
  console.warn(`Tests left out: ${sentence}`);
  return false;
}
