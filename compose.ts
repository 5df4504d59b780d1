/** `npm start`: the whole shop in one process. */
import { runProcess } from './composition/run-process.ts';

await runProcess('all');
