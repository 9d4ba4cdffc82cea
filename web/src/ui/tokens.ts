/** The colours of both themes; tokens.test.ts computes their contrast. */
export interface Tokens {
  bg: string
  surface: string
  'surface-2': string
  border: string
  'border-strong': string
  text: string
  'text-2': string
  'text-3': string
  accent: string
  'accent-soft': string
  'on-accent': string
  ok: string
  'ok-soft': string
  running: string
  'running-soft': string
  waiting: string
  'waiting-soft': string
  warning: string
  'warning-soft': string
  failed: string
  'failed-soft': string
  neutral: string
  'neutral-soft': string
  // Of areas in charts, lighter than what is read.
  'chart-ok': string
  'chart-waiting': string
  'chart-warning': string
  'chart-failed': string
  'chart-neutral': string
}

export const themes: { light: Tokens; dark: Tokens } = {
  light: {
    bg: '#F6F7F9', surface: '#FFFFFF', 'surface-2': '#EEF0F3',
    border: '#DDE1E7', 'border-strong': '#858D9B',
    text: '#1B1F27', 'text-2': '#4B5565', 'text-3': '#667085',
    accent: '#3454D1', 'accent-soft': '#EEF1FD', 'on-accent': '#FFFFFF',
    ok: '#146C43', 'ok-soft': '#E7F6EE',
    running: '#175CD3', 'running-soft': '#E8F1FE',
    waiting: '#5B3FB8', 'waiting-soft': '#F0ECFC',
    warning: '#8A4B00', 'warning-soft': '#FFF4E0',
    failed: '#B42318', 'failed-soft': '#FDECEA',
    neutral: '#475467', 'neutral-soft': '#EEF0F3',
    'chart-ok': '#2F9A69', 'chart-waiting': '#7C5CE0', 'chart-warning': '#C27803', 'chart-failed': '#D64A3C', 'chart-neutral': '#858D9B',
  },
  dark: {
    bg: '#14171D', surface: '#1C2028', 'surface-2': '#262B35',
    border: '#343B47', 'border-strong': '#78808F',
    text: '#E8EAEF', 'text-2': '#A9B1C0', 'text-3': '#8F98A8',
    accent: '#8EA4FF', 'accent-soft': '#222B4D', 'on-accent': '#0F1424',
    ok: '#6FD3A0', 'ok-soft': '#13291F',
    running: '#85B8FF', 'running-soft': '#15253F',
    waiting: '#BDA9FF', 'waiting-soft': '#241D3D',
    warning: '#F2B866', 'warning-soft': '#2E2413',
    failed: '#FF9D94', 'failed-soft': '#331A18',
    neutral: '#B3BAC6', 'neutral-soft': '#262B35',
    'chart-ok': '#4FB583', 'chart-waiting': '#9C86E8', 'chart-warning': '#D99A3F', 'chart-failed': '#F0796E', 'chart-neutral': '#78808F',
  },
}
