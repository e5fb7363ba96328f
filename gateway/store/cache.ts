// What was read once, kept in memory: begun anew when it is too much, because all of it can be read again.

const MOST = 4096;

export class Cache<K, V> extends Map<K, V> {
  override set(key: K, value: V): this {
    if (this.size >= MOST) this.clear();
    return super.set(key, value);
  }
}
