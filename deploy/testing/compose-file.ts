/** docker-compose.yml as Docker Compose reads it: merged, its variables filled in. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

export const ROOT = resolve(import.meta.dirname, '../..');

export type Healthcheck = { readonly test: readonly string[]; readonly [setting: string]: unknown };

export type Service = {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly target?: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: Healthcheck;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly restart?: string;
  readonly deploy?: {
    readonly replicas?: number;
    readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } };
  };
};

export type ComposeFile = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};

/** What somebody who follows the file's first lines has in `.env`. */
export const FILLED: Readonly<Record<string, string>> = {
  SOUK_MASTER_KEY: '0f'.repeat(32),
  POSTGRES_PASSWORD: 'a1'.repeat(32),
  REDIS_PASSWORD: 'b2'.repeat(32),
  TYPESENSE_API_KEY: 'c3'.repeat(32),
  GRAFANA_PASSWORD: 'd4'.repeat(32),
};

export const composeText = (): string => readFileSync(resolve(ROOT, 'docker-compose.yml'), 'utf8');

/** Throws as Compose does where a required variable is missing, or the YAML is none. */
export function readCompose(env: Readonly<Record<string, string>> = FILLED, text = composeText()): ComposeFile {
  return filled(parse(text, { merge: true }), env) as ComposeFile;
}

function filled(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((item) => filled(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, env)]));
}

/** `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`, `${NAME:?why}` and `$$`: the forms of Compose that the file has. */
function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\$|\{(\w+)(?::([-+?])([^}]*))?\}|(.?))/g,
    (whole, name?: string, form?: string, rest = '') => {
      if (whole === '$$') return '$';
      if (name === undefined) throw new Error(`"${text}" has a dollar that Compose would not understand`);
      const value = env[name] ?? '';
      if (form === '+') return value === '' ? '' : rest;
      if (value !== '') return value;
      if (form === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return form === '-' ? rest : '';
    },
  );
}
