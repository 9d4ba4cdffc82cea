/** plain is a text as one types it in a hurry: without accents and capitals. */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
}

/**
 * rank says how well a text fits what was typed, the lower the better; undefined if it does not. Each word that was
 * typed has to begin a word of the text, or at least stand in it.
 */
export function rank(text: string, typed: string): number | undefined {
  const whole = plain(text)
  const words = whole.split(/[^\p{L}\p{N}]+/u)
  let sum = 0
  for (const word of plain(typed).split(/\s+/).filter(Boolean)) {
    const first = words.findIndex((w) => w.startsWith(word))
    if (first >= 0) sum += Math.min(first, 5)
    else if (whole.includes(word)) sum += 10
    else return undefined
  }
  return sum
}

/** place is the page of something that has an id, if it has one. */
export function place(id: string): { to: '/runs/$id' | '/contacts/$id'; id: string } | { to: '/webhooks/in'; id: string } | undefined {
  const found = /^\s*(run|cnt|req)_([0-9A-HJKMNP-TV-Z]{26})\s*$/i.exec(id)
  if (!found) return undefined
  const kind = found[1].toLowerCase()
  const whole = `${kind}_${found[2].toUpperCase()}`
  if (kind === 'run') return { to: '/runs/$id', id: whole }
  return kind === 'cnt' ? { to: '/contacts/$id', id: whole } : { to: '/webhooks/in', id: whole }
}
