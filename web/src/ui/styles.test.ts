import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const library = 'node_modules/@mantine/core'
const text = (path: string) => readFileSync(path, 'utf8')

/** sources are the console's own files. */
const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name)
    return e.isDirectory() ? sources(path) : /\.tsx?$/.test(e.name) ? [path] : []
  })

/** names are those in the braces of imports that match. */
const names = (code: string, imports: RegExp) =>
  [...code.matchAll(imports)].flatMap((m) => m[1]!.split(',').map((n) => n.trim().replace(/^type /, ''))).filter(Boolean)

/** needed are the components whose styles the console's own need, and the components in them. */
function needed(): Set<string> {
  const esm = join(library, 'esm')
  const files = new Map<string, string>()
  for (const [, braces, path] of text(join(esm, 'index.mjs')).matchAll(/import \{([^}]+)\} from "([^"]+)"/g))
    for (const n of braces!.split(',')) files.set(n.trim(), join(esm, path!))
  const styled = new Set<string>()
  const seen = new Set<string>()
  const read = (path: string) => {
    if (seen.has(path) || !existsSync(path)) return
    seen.add(path)
    if (path.endsWith('.module.mjs')) styled.add(basename(path, '.module.mjs'))
    for (const [, other] of text(path).matchAll(/from "(\.[^"]+)"/g)) read(join(dirname(path), other!))
  }
  const used = sources('src').flatMap((f) => names(text(f), /import (?:type )?\{([^}]+)\} from '@mantine\/core'/g))
  const within = names(text('node_modules/@mantine/notifications/esm/index.mjs') + text('node_modules/@mantine/notifications/esm/NotificationContainer.mjs'), /import \{([^}]+)\} from "@mantine\/core"/g)
  for (const name of [...used, ...within]) if (files.has(name)) read(files.get(name)!)
  return styled
}

const imported = () => [...text('src/ui/styles.css').matchAll(/core\/styles\/(\w+)\.css/g)].map((m) => m[1]!)

it('each component has its styles, and no other', () => {
  expect(imported().filter((n) => /^[A-Z]/.test(n)).sort()).toEqual([...needed()].sort())
})

it('styles stand in the order of the library', () => {
  const all = text(join(library, 'styles.css'))
  const places = [...text('src/ui/styles.css').matchAll(/core\/styles\/([\w-]+)\.css/g)].map((m) => all.indexOf(text(join(library, 'styles', `${m[1]}.css`)).slice(0, 60)))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
})
