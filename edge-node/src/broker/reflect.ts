/**
 * @peculiar/x509 finds its algorithms through tsyringe, and tsyringe refuses to load unless the process has
 * metadata reflection. It calls three functions of that proposal, on classes only; here they are, kept in a
 * WeakMap. A whole polyfill that was loaded before stays in charge. Import this before @peculiar/x509.
 */
type Metadata = Map<unknown, unknown>;
const kept = new WeakMap<object, Metadata>();

/** As the proposal says: the nearest definition along the prototype chain. */
function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    const own = kept.get(at);
    if (own?.has(key)) return own.get(key);
  }
  return undefined;
}

function getOwnMetadata(key: unknown, target: object): unknown {
  return kept.get(target)?.get(key);
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own: Metadata = kept.get(target) ?? new Map();
  kept.set(target, own.set(key, value));
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata, getOwnMetadata, defineMetadata });
