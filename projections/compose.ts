/** `npm run projections`: the read models' keeper alone, on shared engines. */
import { runProcess } from '../composition/run-process.ts';

await runProcess('projections');
