/** Routes by path: literal parts win over parameters, and one path knows all its methods. */
import type { RouteDefinition } from './route.ts';

export type PathGroup = {
  /** With parameters by place (`:p0`): two routes of one path may name them differently. */
  readonly expressPath: string;
  /** By method, in capitals. */
  readonly routes: ReadonlyMap<string, RouteDefinition>;
  /** For `Allow`. */
  readonly allow: string;
  /** The parameters of a request under the names the route gave them. */
  paramsOf(route: RouteDefinition, params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
};

const PARAMETER = /\{([^}]+)\}/g;

/** Groups and orders routes; throws on two routes of the same method and path. */
export function groupByPath(routes: readonly RouteDefinition[]): readonly PathGroup[] {
  const groups = new Map<string, RouteDefinition[]>();
  for (const route of routes) {
    const shape = shapeOf(route.path);
    groups.set(shape, [...(groups.get(shape) ?? []), route]);
  }
  return [...groups].sort(([a], [b]) => compareShapes(a, b)).map(([shape, of]) => groupOf(shape, of));
}

/** A path without the names of its parameters: `/carts/{}`. */
export function shapeOf(path: string): string {
  return path.replace(PARAMETER, '{}');
}

/** Names of a path's parameters, in order. */
export function parameterNames(path: string): readonly string[] {
  return [...path.matchAll(PARAMETER)].map((match) => match[1] ?? '');
}

function groupOf(shape: string, routes: readonly RouteDefinition[]): PathGroup {
  const byMethod = new Map<string, RouteDefinition>();
  for (const route of routes) {
    const method = route.method.toUpperCase();
    if (byMethod.has(method)) throw new Error(`two routes are ${method} ${shape}`);
    byMethod.set(method, route);
  }
  let place = 0;
  const expressPath = shape.replace(/\{\}/g, () => `:p${place++}`);
  const methods = [...byMethod.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return {
    expressPath,
    routes: byMethod,
    allow: [...methods, 'OPTIONS'].join(', '),
    paramsOf: (route, params) =>
      Object.fromEntries(parameterNames(route.path).map((name, index) => [name, String(params[`p${index}`])])),
  };
}

// `/users/me` before `/users/{}`: Express takes the first that fits.
function compareShapes(a: string, b: string): number {
  const as = a.split('/');
  const bs = b.split('/');
  for (let part = 0; part < Math.min(as.length, bs.length); part++) {
    const difference = Number(as[part] === '{}') - Number(bs[part] === '{}');
    if (difference !== 0) return difference;
  }
  return as.length - bs.length;
}
