"""Finding what a person needs: by plain words, synonyms, pinyin, and with typing errors.

`entries` gathers the words of a catalogue, `pinyin` how they are read (made when an edition is
published), `typed` takes apart what somebody typed, and `search` ranks. No search engine.
"""
