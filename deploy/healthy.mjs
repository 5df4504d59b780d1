/** The health check of a container: ends with 0 when the shop in it is ready, else with 1 and what is not. */
const port = process.env.PORT ?? 8080;
const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch((error) => error);
if (answer instanceof Error || !answer.ok) {
  process.stdout.write(`${answer instanceof Error ? `nothing answers on ${port}` : await answer.text()}\n`);
  process.exitCode = 1;
}
