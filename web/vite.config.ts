import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

// compressed writes a .br and a .gz beside each text file, so that the gateway compresses nothing while it serves. It
// reads what was written: until then other plugins may still change the code.
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!/^assets\/.*\.(js|css)$/.test(name)) continue
        const path = join(dir!, name)
        const bytes = readFileSync(path)
        writeFileSync(`${path}.br`, brotliCompressSync(bytes))
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

// What a browser may have to load, in kB of gzip, and what the program may grow by, in MB.
const budgets = { firstScripts: 320, firstStyles: 45, editor: 360, all: 6 }

// weighed fails the build when the console has become too heavy.
function weighed(): Plugin {
  return {
    name: 'weighed',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      const size = (name: string) => gzipSync(readFileSync(join(dir!, name)), { level: 9 }).length / 1000
      const scripts = new Map<string, number>()
      const styles = new Map<string, number>()
      const load = (name: string) => {
        const chunk = bundle[name]
        if (chunk?.type !== 'chunk' || scripts.has(name)) return
        scripts.set(name, size(name))
        for (const css of chunk.viteMetadata?.importedCss ?? []) styles.set(css, size(css))
        chunk.imports.forEach(load)
      }
      const sum = (weights: Map<string, number>) => [...weights.values()].reduce((a, b) => a + b, 0)
      const check = (what: string, is: number, most: number, unit: string) => {
        console.log(`${what}: ${is.toFixed(1)} of ${most} ${unit}`)
        if (is > most) this.error(`${what} are ${is.toFixed(1)} ${unit}, and may be ${most}`)
      }
      const chunks = Object.values(bundle).filter((c) => c.type === 'chunk')
      // One language is loaded, and Spanish has the longest texts.
      for (const c of chunks) if (c.isEntry || c.name === 'es' || c.name === 'flows' || c.name === 'dashboard') load(c.fileName)
      const first = sum(scripts)
      check('scripts of the first load', first, budgets.firstScripts, 'kB')
      check('styles of the first load', sum(styles), budgets.firstStyles, 'kB')
      for (const c of chunks) if (c.name === 'editor' || c.name === 'canvas' || c.name === 'code') load(c.fileName)
      check('scripts of the editor besides', sum(scripts) - first, budgets.editor, 'kB')
      check('files in all', Object.keys(bundle).reduce((all, name) => all + readFileSync(join(dir!, name)).length, 0) / 1e6, budgets.all, 'MB')
    },
  }
}

// preloaded has a browser fetch the font that every page is written in before it has read the styles.
function preloaded(): Plugin {
  return {
    name: 'preloaded',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => /inter-latin-wght-normal-.*\.woff2$/.test(name))
          .map((name) => ({ tag: 'link', attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}`, crossorigin: true }, injectTo: 'head' as const })),
    },
  }
}

export default defineConfig({
  plugins: [react(), preloaded(), compressed(), weighed()],
  build: {
    target: 'es2022',
    // The content security policy allows no data: fonts and scripts; everything is a file with a name of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Each file costs a slow machine a few milliseconds: what every page needs is one, and what many share another.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', tags: ['$initial'], priority: 2 },
            // Fields that few pages begin with.
            { name: 'fields', test: /react-number-format|@mantine\/core\/esm\/components\/(NumberInput|PasswordInput|TagsInput|MultiSelect|Pill|PillsInput|Slider|Radio)\//, priority: 2 },
            { name: 'shared', minShareCount: 4, entriesAware: true, entriesAwareMergeThreshold: 20_000, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
