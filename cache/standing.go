package cache

import "time"

// Access says how a statement uses a relation. Inserting and changing include reading.
type Access uint8

// The kinds of access, which can be combined.
const (
	Reads Access = 1 << iota
	Inserts
	Changes // updates and deletes

	anyAccess = Reads | Inserts | Changes
)

// Use is a relation that a statement uses, and how.
type Use struct {
	Table  *Table
	Access Access
}

// Uses is what a statement uses of a snapshot, if it runs only PostgreSQL's own code.
type Uses struct {
	Relations []Use
	// Casts is set if it casts to types that the request names.
	Casts bool
}

// Standing is a snapshot that is served, and what is known about changes since its load. It is never changed.
type Standing struct {
	// Snapshot is the snapshot.
	Snapshot *Snapshot
	// began is when the last load that found it did, or a later moment since when nothing has changed that the snapshot
	// depends on. It is zero for a snapshot that was stored.
	began time.Time
	load  uint64 // its number
	// doubt is what may have changed since.
	doubt doubt
	// versions are the numbers of the loads of changes that read relations again, since everything was read.
	versions map[QualifiedName]uint64
}

// LoadedSince reports whether the load of the snapshot started after moment, so that it contains everything that was
// changed before.
func (s *Standing) LoadedSince(moment time.Time) bool { return s.began.After(moment) }

// Certain reports whether a statement with these uses runs no other code than the snapshot says, as far as changes are
// announced: none was announced after the load began that could make it do so.
func (s *Standing) Certain(u *Uses) bool { return !s.doubt.concerns(u) }

// Unchanged reports whether nothing that the snapshot depends on was announced after the load began.
func (s *Standing) Unchanged() bool {
	return !s.doubt.all && !s.doubt.casts && len(s.doubt.relations) == 0
}

// Load returns the number of the last load. It is the version of everything.
func (s *Standing) Load() uint64 { return s.load }

// Version returns the version of what a statement uses that runs only PostgreSQL's own code: it changes whenever any of
// the relations is read again.
func (s *Standing) Version(u *Uses) (version uint64) {
	if len(s.versions) == 0 {
		return 0
	}
	for i := range u.Relations {
		version = max(version, s.versions[u.Relations[i].Table.Name])
	}
	return version
}
