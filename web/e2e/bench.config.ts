import { defineConfig } from '@playwright/test'
import config from './playwright.config'

/** What takes time on the machine at hand is measured, and printed beside its budget; it fails nothing. */
export default defineConfig(config, { testMatch: '*.bench.ts', timeout: 300_000, use: { trace: 'off' } })
