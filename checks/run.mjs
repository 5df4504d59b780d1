/** `npm run check`: types, lint, arrows and what is unused, two at a time; prints what failed and how long each took. */
import { spawn } from 'node:child_process';

const FOLDERS =
  'domain commands projections write-api read-api event-store platform composition cli bench deploy docs test compose.ts'.split(
    ' ',
  );
const CHECKS = [
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'biome', ['check', '.']],
  ['arrows', 'depcruise', ['--config', '.dependency-cruiser.js', ...FOLDERS]],
  ['unused', 'knip', []],
];

const queue = [...CHECKS];
let failed = 0;

async function next() {
  for (let check = queue.shift(); check; check = queue.shift()) {
    const [name, command, args] = check;
    const started = Date.now();
    const { code, output } = await run(command, args);
    if (code !== 0) failed++;
    process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
    if (code !== 0) process.stdout.write(`${output}\n`);
  }
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}; run npm ci first` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

await Promise.all([next(), next()]);
process.exitCode = failed === 0 ? 0 : 1;
