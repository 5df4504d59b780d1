/** `npm start`: the whole shop in one process. */
import { runProcess } from './composition/process.ts';

await runProcess('all');
