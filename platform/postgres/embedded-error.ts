/** What a person meets when the embedded Postgres cannot run: always with what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
