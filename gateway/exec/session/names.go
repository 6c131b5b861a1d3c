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

// Names names prepared statements, and decides which are worth it: those that come a second time. It is safe for
// concurrent use.
//
// A name is a hash of the statement's text, of the role that it is bound to, of the schema's generation and of a random
// number of this process. A statement that was prepared for another generation, whose parameters may have had other
// types, and one of another process so have other names, also where a pooler hands sessions around.
type Names struct {
	process [16]byte
	seed    maphash.Seed
	current atomic.Pointer[naming]
}

// naming names the statements of one generation.
type naming struct {
	prefix [24]byte // the process's number and the generation

	mu sync.Mutex
	// seen has the hashes of statements that came once since it was last full, older those of the time before. That two
	// statements share a hash does no harm: one of them is prepared when it first comes.
	seen, older map[uint64]struct{}
}

// maxSeen is how many statements that came once are remembered at least.
const maxSeen = 4096

// NewNames returns the names of a process's statements for generation 0.
func NewNames() *Names {
	n := &Names{seed: maphash.MakeSeed()}
	_, _ = rand.Read(n.process[:]) // never fails
	n.SetGeneration(0)
	return n
}

// SetGeneration changes the schema's generation, and with it all names.
func (n *Names) SetGeneration(generation uint64) {
	g := &naming{seen: make(map[uint64]struct{})}
	copy(g.prefix[:], n.process[:])
	binary.BigEndian.PutUint64(g.prefix[16:], generation)
	n.current.Store(g)
}

// repeated reports whether a statement has come before.
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
func (g *naming) name(key statementKey) string {
	h := sha256.New()
	_, _ = h.Write(g.prefix[:])
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key.role))))
	_, _ = h.Write([]byte(key.role))
	_, _ = h.Write([]byte(key.sql))
	var sum [sha256.Size]byte
	return "trunkline_" + hex.EncodeToString(h.Sum(sum[:0])[:16])
}
