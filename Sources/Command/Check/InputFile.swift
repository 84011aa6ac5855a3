import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

/// A file to look at.
struct InputFile: ParsableArguments {
  @Argument(help: "The file.")
  var file: String

  var url: URL { URL(filePath: file) }

  /// In bytes. Nothing but a regular file has one.
  func size() throws -> Int { try NamedFile.size(file) }

  /// Streams the file into a sink and closes it; shows progress for large files.
  func read(into sink: any ByteSink) throws {
    try watched { progress in
      let counted = ProgressSink({ progress.advance(to: $0) }, next: sink)
      try readFile(url, into: counted)
      try counted.close()
    }
  }

  /// Does work that tells how far in the file it is.
  func watched<Value>(_ work: (Progress) throws -> Value) throws -> Value {
    let progress = Progress("Reading", total: try size())
    defer { progress.finish() }
    return try work(progress)
  }
}
