/** `npm run workers`: the processes alone, on shared engines. */
import { runProcess } from '../composition/run-process.ts';

await runProcess('workers');
