/** Shows the description that this very host serves; nothing is asked of any other. */

SwaggerUIBundle({
  dom_id: '#docs',
  url: new URL('openapi.json', window.location.href).href,
  // Otherwise a badge is asked of the makers' server.
  validatorUrl: null,
  deepLinking: true,
  // A key that is typed in is forgotten with the page.
  persistAuthorization: false,
})
