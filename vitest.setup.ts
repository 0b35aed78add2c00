/**
 * In CI property tests draw from one seed, so that a failure there belongs to the change that is being tested; everywhere else
 * they draw anew each time, and fast-check prints the seed of what it finds.
 */
import fc from 'fast-check';

if (process.env.CI) fc.configureGlobal({ seed: 20261120 });
