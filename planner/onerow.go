package planner

import "trunkline/cache"

// findOnes sets which nodes have at most one row. The rows of a mutation or call are others than those of the table.
func findOnes(root *ReadNode) {
	if root.One = !root.FromSource && root.table != nil && root.table.Kind == cache.KindTable && root.picked(); root.One {
		root.markOnes()
	}
}

// markOnes does it for the embeds of a row.
func (n *ReadNode) markOnes() {
	for _, child := range n.Children {
		if child.One = child.Relationship.CertainlyOne(); child.One {
			child.markOnes()
		}
	}
}
