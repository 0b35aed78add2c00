/** Starts a PostgreSQL in the folder given and says where; for tests that kill the one who started it. */
import { startServer } from '../src/database/server.ts';

const [folder = '', binFolder = ''] = process.argv.slice(2);
const server = await startServer({ folder, newPassword: 'x', ...(binFolder === '' ? {} : { binFolder }) });
console.log(server.url);
setInterval(() => {}, 60_000);
