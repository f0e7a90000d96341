package secant

// Workspace is an immutable picture of what the installation has configured,
// as the engines need it: looked up without locks, replaced as a whole when
// something changes. Nobody may change it or what it points to.
type Workspace struct {
	Sources      map[string]*Source
	Destinations map[string]*Destination
	byKey        map[string]*Source
}

// NewWorkspace builds the picture. The arguments belong to it afterwards.
func NewWorkspace(sources []*Source, destinations []*Destination) *Workspace {
	w := &Workspace{
		Sources:      make(map[string]*Source, len(sources)),
		Destinations: make(map[string]*Destination, len(destinations)),
		byKey:        make(map[string]*Source, len(sources)),
	}
	for _, s := range sources {
		w.Sources[s.ID] = s
		for _, k := range s.WriteKeys {
			w.byKey[k] = s
		}
	}
	for _, d := range destinations {
		w.Destinations[d.ID] = d
	}
	return w
}

// SourceByWriteKey returns the source that key belongs to, or nil.
func (w *Workspace) SourceByWriteKey(key string) *Source { return w.byKey[key] }
