/** Piece is one {{ expression }} of a template, with its place in the text. */
export interface Piece {
  from: number
  to: number
  code: string // without the braces
}

/** pieces finds the expressions of a template. Braces within quotes are text of the expression. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  for (let from = text.indexOf('{{'); from >= 0; ) {
    const to = end(text, from + 2)
    if (to < 0) break
    out.push({ from, to, code: text.slice(from + 2, to - 2).trim() })
    from = text.indexOf('{{', to)
  }
  return out
}

function end(text: string, at: number): number {
  let quote = ''
  for (let i = at; i < text.length; i++) {
    const c = text[i]
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '}' && text[i + 1] === '}') return i + 2
  }
  return -1
}

/** stepsIn are the steps that an expression reads. */
export function stepsIn(code: string): string[] {
  const bare = code.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "''")
  return [...bare.matchAll(/(?<![\w.])steps\.([A-Za-z_]\w*)/g)].map((m) => m[1])
}

/** namesOf splits a plain name into where it comes from and what it is there; an expression that computes is whole. */
export function namesOf(code: string): { from: string; path: string } | undefined {
  if (!/^[A-Za-z_]\w*(\.\w+|\[(\d+|"[^"\\]*")\])+$/.test(code)) return undefined
  const [root, ...rest] = code.split('.')
  return root === 'steps' && rest.length > 1 ? { from: rest[0], path: rest.slice(1).join('.') } : { from: root, path: rest.join('.') }
}

/** without is a template with a piece taken out, and one of two spaces that stood around it. */
export function without(text: string, p: Piece): string {
  const before = text.slice(0, p.from)
  const after = text.slice(p.to)
  if (/(^|\s)$/.test(before) && after.startsWith(' ')) return before + after.slice(1)
  return (before.endsWith(' ') && /^($|[.,;:!?])/.test(after) ? before.slice(0, -1) : before) + after
}
