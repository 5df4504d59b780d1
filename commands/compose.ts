/** `npm run workers`: the processes alone, on shared engines. */
import { runProcess } from '../composition/process.ts';

await runProcess('workers');
