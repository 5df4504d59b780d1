/** The `code` of a system or database error; `instanceof Error` cannot be asked, jest gives each test its own realm. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What went wrong in words, whatever was thrown. */
export function errorMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && error.message) return String(error.message);
  return errorCode(error) ?? String(error);
}
