/** What openapi.json says about itself; the paths come from the routes. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Pulsera cloud',
    version: '1',
    description: 'Errors are {code, message, detail?}; every code is in docs/errors.md.',
  },
  components: {
    securitySchemes: {
      admin: { type: 'http' as const, scheme: 'bearer', description: 'The bootstrap token.' },
      edge: {
        type: 'http' as const,
        scheme: 'bearer',
        description: 'The token of POST /v1/edge/sessions, good for an hour.',
      },
    },
  },
};
