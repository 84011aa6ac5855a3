import ArgumentParser
import Foundation
import XMLSecurity

/// A file to look at.
struct InputFile: ParsableArguments {
  @Argument(help: "The file.")
  var file: String

  var url: URL { URL(filePath: file) }

  /// In bytes.
  func size() throws -> Int {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
      throw CommandProblem.couldNotRun("no file at \(printable(file))")
    }
    guard !isFolder.boolValue, FileManager.default.isReadableFile(atPath: file) else {
      throw CommandProblem.couldNotRun("\(printable(file)) cannot be read")
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    return (attributes[.size] as? NSNumber)?.intValue ?? 0
  }

  /// Streams the file into a sink and closes it; shows progress for large files.
  func read(into sink: any ByteSink) throws {
    let progress = Progress("Reading", total: try size())
    let counted = ProgressSink(progress, next: sink)
    try readFile(url, into: counted)
    try counted.close()
  }
}
