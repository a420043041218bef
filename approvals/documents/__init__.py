"""Documents of a case (文书): their words, their rows, their PDFs, and checking them.

``content`` words a document from facts alone; ``sources`` finds what of a case is put in writing;
``issuing`` writes rows; ``drawing`` makes the signed PDF; ``verification`` says what one is worth.
"""
