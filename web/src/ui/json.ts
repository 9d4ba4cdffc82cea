/**
 * indented puts JSON into lines without reading its values: numbers keep all their digits, and strings their escapes.
 * What is no JSON comes back as it is.
 */
export function indented(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  let out = ''
  let depth = 0
  const line = () => '\n' + '  '.repeat(depth)
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '}' || token === ']') {
      depth--
      out += /[[{]$/.test(out) ? token : line() + token
      continue
    }
    if (/[[{]$/.test(out) && !out.endsWith('"')) out += line()
    if (token === '{' || token === '[') depth++
    out += token === ',' ? `,${line()}` : token === ':' ? ': ' : token
  }
  return out
}
