package memstore

// EndsWithProcess says that nothing of this store outlives the process, so that keys and media need not either.
func (s *Store) EndsWithProcess() bool { return true }
