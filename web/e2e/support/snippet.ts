/** The tag that a site puts into its head, as the console shows it. */
export function snippet(url: string, writeKey: string, options: object = {}): string {
  return `<script>
  !function(){var i="analytics",analytics=window[i]=window[i]||[];if(!analytics.initialize)if(analytics.invoked)console.error("Snippet included twice.");else{
  analytics.invoked=!0;analytics.methods=["trackSubmit","trackClick","trackLink","trackForm","pageview","identify","reset","group","track","ready","alias","debug","page","screen","once","off","on","addSourceMiddleware","addIntegrationMiddleware","setAnonymousId","addDestinationMiddleware","register"];
  analytics.factory=function(e){return function(){if(window[i].initialized)return window[i][e].apply(window[i],arguments);var n=Array.prototype.slice.call(arguments);n.unshift(e);analytics.push(n);return analytics}};
  for(var n=0;n<analytics.methods.length;n++){var key=analytics.methods[n];analytics[key]=analytics.factory(key)}
  analytics.load=function(key,n){var t=document.createElement("script");t.type="text/javascript";t.async=!0;t.src=${JSON.stringify(url)}+"/analytics.js/v1/"+key+"/analytics.min.js";var r=document.getElementsByTagName("script")[0];r.parentNode.insertBefore(t,r);analytics._loadOptions=n};
  analytics._writeKey=${JSON.stringify(writeKey)};analytics._cdn=${JSON.stringify(url)};
  analytics.load(${JSON.stringify(writeKey)},${JSON.stringify(options)});analytics.page()}}();
  </script>`
}
