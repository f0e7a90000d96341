package app

import (
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/examples/demo"
	"github.com/secantdev/secant/internal/route"
	"github.com/secantdev/secant/web"
)

// routes is the server's one table: what the public listener answers, and what
// the admin listener does. When they are one, public holds both.
func (s *server) routes() (public, admin []route.Route) {
	public = append(public, s.collector.Routes()...)
	public = append(public, get("/livez", http.HandlerFunc(s.livez)), get("/readyz", http.HandlerFunc(s.readyz)))
	if s.Demo {
		public = append(public, get("/demo/", newPages(demo.FS, "/demo/")),
			get("/demo", http.RedirectHandler("/demo/", http.StatusFound)))
		if s.AdminListen != "" { // the shop links to the console as if it were here
			public = append(public, get("/sources/{rest...}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, s.adminURL()+r.URL.RequestURI(), http.StatusFound)
			})))
		}
	}

	admin = append(admin, s.api.Routes()...)
	admin = append(admin, get("/metrics", s.operatorsOnly(s.metrics())))
	for path, handler := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace, "/debug/pprof/cmdline": pprof.Cmdline,
	} {
		admin = append(admin, get(path, s.operatorsOnly(handler)))
	}
	console := http.Handler(http.HandlerFunc(unbuiltConsole))
	if files, ok := web.Console(); ok {
		console = newPages(files, "/")
	}
	admin = append(admin, get("/", console))

	if s.AdminListen == "" {
		return append(public, admin...), nil
	}
	return public, append(admin, get("/livez", http.HandlerFunc(s.livez)), get("/readyz", http.HandlerFunc(s.readyz)))
}

func get(pattern string, h http.Handler) route.Route {
	return route.Route{Method: http.MethodGet, Pattern: pattern, Handler: h}
}

// operatorsOnly lets through requests made on this machine, and those with an
// API token or session of at least a viewer. A request that came through a
// proxy was not made here, though its connection was; neither was one for
// another host name, which a page in the operator's browser may have caused.
func (s *server) operatorsOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r) && !s.api.Allows(r, secant.RoleViewer) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "send an API token: Authorization: Bearer TOKEN", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func local(r *http.Request) bool {
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
