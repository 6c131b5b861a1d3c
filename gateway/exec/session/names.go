package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// Names names prepared statements, and decides which statements are prepared: those that are used a second time. It is
// safe for concurrent use.
//
// A name is a hash of the statement's text, of the role that it is bound to, of the schema's generation and the version
// of what the statement uses of it, and of a random number of the process. So statements of another generation or
// version, whose parameters may have had other types, and statements of other processes have different names, also if a
// pooler shares sessions.
type Names struct {
	process [16]byte
	seed    maphash.Seed
	current atomic.Pointer[naming]
}

// naming names the statements of one generation.
type naming struct {
	prefix [24]byte // the process's number and the generation

	mu sync.Mutex
	// seen holds the hashes of statements that were used once, older those from before seen was last full. A collision
	// only means that a statement is prepared at its first use.
	seen, older map[uint64]struct{}
}

// maxSeen is the minimum number of statements that are remembered after their first use.
const maxSeen = 4096

// NewNames returns the names for generation 0, with a new random number.
func NewNames() *Names {
	n := &Names{seed: maphash.MakeSeed()}
	_, _ = rand.Read(n.process[:]) // never fails
	n.SetGeneration(0)
	return n
}

// SetGeneration changes the schema's generation, and thereby all names.
func (n *Names) SetGeneration(generation uint64) {
	g := &naming{seen: make(map[uint64]struct{})}
	copy(g.prefix[:], n.process[:])
	binary.BigEndian.PutUint64(g.prefix[16:], generation)
	n.current.Store(g)
}

// repeated reports whether a statement was used before.
func (n *Names) repeated(g *naming, key statementKey) bool {
	var h maphash.Hash
	h.SetSeed(n.seed)
	_, _ = h.WriteString(key.role)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(key.sql)
	sum := h.Sum64()
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.seen[sum]; ok {
		return true
	}
	if len(g.seen) >= maxSeen {
		g.seen, g.older = make(map[uint64]struct{}), g.seen
	}
	g.seen[sum] = struct{}{}
	_, ok := g.older[sum]
	return ok
}

// name returns a statement's name.
func (g *naming) name(key statementKey, version uint64) string {
	h := sha256.New()
	_, _ = h.Write(g.prefix[:])
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, version))
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key.role))))
	_, _ = h.Write([]byte(key.role))
	_, _ = h.Write([]byte(key.sql))
	var sum [sha256.Size]byte
	return "trunkline_" + hex.EncodeToString(h.Sum(sum[:0])[:16])
}
