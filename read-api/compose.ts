/** `npm run read-api`: the read API alone, on shared engines. */
import { runProcess } from '../composition/run-process.ts';

await runProcess('read-api');
