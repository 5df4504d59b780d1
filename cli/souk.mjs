#!/usr/bin/env node
/** The `souk` command: Node does not run TypeScript everywhere yet, so tsx is switched on before the program is loaded. */
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
