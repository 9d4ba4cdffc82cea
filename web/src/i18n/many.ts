/** withMany has the form for millions, which Spanish and Italian have besides: it reads as the one for other numbers. */
export function withMany<T extends object>(tree: T): T {
  const out: Record<string, unknown> = {}
  for (const [key, v] of Object.entries(tree)) {
    out[key] = typeof v === 'object' ? withMany(v as object) : v
    if (key.endsWith('_other')) out[`${key.slice(0, -5)}many`] = v
  }
  return out as T
}
