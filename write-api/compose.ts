/** `npm run write-api`: the write API alone, on shared engines. */
import { runProcess } from '../composition/run-process.ts';

await runProcess('write-api');
