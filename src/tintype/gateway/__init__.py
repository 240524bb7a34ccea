"""Floor 3: the only place where dialects, providers, polyfills and cards meet."""
