/** Lets Node run TypeScript: by itself where it can (22.18 and newer), through tsx where it cannot. For `node --import`. */
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
}
