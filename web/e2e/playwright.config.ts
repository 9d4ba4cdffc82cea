import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

const dir = mkdtempSync(join(tmpdir(), 'cordboard-e2e-'))

// One demo gateway with its sandbox serves all tests, so they run one after the other and each makes what it needs.
export default defineConfig({
  testDir: '.',
  outputDir: './results',
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: 'http://127.0.0.1:8080',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
  },
  webServer: {
    command: `cp -r bin/plugins bin/sandbox ${dir} && CORDBOARD_PLUGIN_DIR=${dir}/plugins exec bin/cordboard demo --data-dir=${dir}/data`,
    cwd: '../..',
    url: 'http://127.0.0.1:8080/readyz',
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
  },
})
