export async function main(argv: string[]) {
  process.stdout.write(JSON.stringify(argv) + '\n');
}
