import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver } from '@mantine/core'
import { themes, type Tokens } from '../ui/tokens'

const shades = ['#EEF1FD', '#DCE3FB', '#B9C6F7', '#94A8F2', '#7089EC', '#5570E3', '#3454D1', '#2A45B0', '#22388F', '#1A2B6E'] as const

// What Mantine draws of its own in the dark: texts, borders, controls, grounds.
const darks = ['#E8EAEF', '#A9B1C0', '#8F98A8', '#78808F', '#343B47', '#262B35', '#1C2028', '#14171D', '#10131A', '#0C0E13'] as const

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 3 },
  colors: { accent: shades, dark: darks },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, monospace',
  defaultRadius: 6,
  // The accent of the dark theme is light, so what stands on it is dark.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input)
    if (input.color !== undefined && input.color !== 'accent') return colors
    switch (input.variant) {
      case 'filled':
        return { ...colors, background: 'var(--accent)', hover: 'color-mix(in srgb, var(--accent) 88%, var(--text))', color: 'var(--on-accent)' }
      case 'light':
        return { ...colors, background: 'var(--accent-soft)', hover: 'color-mix(in srgb, var(--accent-soft) 88%, var(--text))', color: 'var(--accent)' }
      case 'subtle':
        return { ...colors, hover: 'var(--accent-soft)', color: 'var(--accent)' }
    }
    return colors
  },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, radius: 8 } },
    Tooltip: { defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true } } },
  },
})

function variables(t: Tokens): Record<string, string> {
  const own = Object.fromEntries(Object.entries(t).map(([name, value]) => [`--${name}`, value]))
  return {
    ...own,
    '--mantine-color-body': t.bg,
    '--mantine-color-text': t.text,
    '--mantine-color-dimmed': t['text-2'],
    '--mantine-color-default': t.surface,
    '--mantine-color-default-hover': t['surface-2'],
    '--mantine-color-default-border': t['border-strong'],
    '--mantine-color-default-color': t.text,
    '--mantine-color-placeholder': t['text-3'],
    '--mantine-color-error': t.failed,
    '--mantine-color-anchor': t.accent,
  }
}

export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: variables(themes.light),
  dark: variables(themes.dark),
})

/** nonce is what the page's content security policy lets styles in with. */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.nonce ?? ''
}
