#!/usr/bin/env node
/** The `souk` command. */
import '../composition/typescript.mjs';

const { main } = await import('./main.ts');
await main(process.argv.slice(2));
