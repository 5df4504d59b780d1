/** As much of curl as the README's walk asks for: -s, -X, -H, -d and -D. */
import { writeFileSync } from 'node:fs';

const args = process.argv.slice(2);
const headers = new Headers();
let [method, body, url, headersTo] = ['GET', undefined, '', ''];
for (let at = 0; at < args.length; at++) {
  const arg = args[at] ?? '';
  if (arg === '-s') continue;
  if (arg === '-X') method = args[++at] ?? '';
  else if (arg === '-d') body = args[++at];
  else if (arg === '-D') headersTo = args[++at] ?? '';
  else if (arg === '-H') {
    const [name, ...value] = (args[++at] ?? '').split(':');
    headers.set(name ?? '', value.join(':').trim());
  } else if (arg.startsWith('-')) throw new Error(`this curl does not know ${arg}`);
  else url = arg;
}
const response = await fetch(url, { method, headers, body });
if (headersTo) writeFileSync(headersTo, [...response.headers].map((header) => header.join(': ')).join('\r\n'));
process.stdout.write(await response.text());
