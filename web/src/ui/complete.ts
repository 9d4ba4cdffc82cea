/** Name is something that an expression can read. */
export interface Name {
  path: string // event.customer.phone
  label: string
}

/** pieceAt is the name that is being written before the caret, or undefined where none is: in the plain text of a template, or within quotes. */
export function pieceAt(text: string, caret: number, expression: boolean): string | undefined {
  let code = text.slice(0, caret)
  if (!expression) {
    const open = code.lastIndexOf('{{')
    if (open < 0 || code.lastIndexOf('}}') > open) return undefined
    code = code.slice(open + 2)
  }
  if (quoted(code)) return undefined
  const piece = /[A-Za-z_][\w.]*$/.exec(code)?.[0]
  if (piece) return piece
  return !expression && code.trim() === '' ? '' : undefined
}

/** quoted says whether a text ends within quotes. */
function quoted(code: string): boolean {
  let quote = ''
  for (const c of code) {
    if (quote === c) quote = ''
    else if (quote === '' && (c === '"' || c === "'")) quote = c
  }
  return quote !== ''
}

/** completions are the names that a piece may become: those that begin with it first, then those that hold it. */
export function completions(names: Name[], piece: string): Name[] {
  const low = piece.toLowerCase()
  const begins = names.filter((n) => n.path.toLowerCase().startsWith(low))
  const holds = low === '' || low.includes('.') ? [] : names.filter((n) => !begins.includes(n) && `${n.path} ${n.label}`.toLowerCase().includes(low))
  return [...begins, ...holds].filter((n) => n.path !== piece).slice(0, 8)
}
