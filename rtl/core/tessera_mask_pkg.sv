// SPDX-License-Identifier: MIT
// The terms of a mask (spec/mask.h), which nothing else in the RTL knows: other files carry a mask,
// and what is worked out of it, as a whole. Vectors with places of their fields, not structs: Yosys
// 0.23 knows no member of a struct in a function.
package tessera_mask_pkg;

  // Terms: bit numbers in the mask flags
  localparam int unsigned MaskCausal       /*verilator public*/ = 0;
  localparam int unsigned MaskWindow       /*verilator public*/ = 1;
  localparam int unsigned MaskSink         /*verilator public*/ = 2;
  localparam int unsigned MaskBlock        /*verilator public*/ = 3;
  localparam int unsigned MaskSummary      /*verilator public*/ = 4;
  localparam int unsigned MaskFree         /*verilator public*/ = 5;
  localparam int unsigned MaskDiagOff      /*verilator public*/ = 6;
  localparam int unsigned MaskPrefix       /*verilator public*/ = 7;
  localparam int unsigned MaskTerms        /*verilator public*/ = 8;
  localparam logic [31:0] MaskAll          /*verilator public*/ = 32'h0000_00ff;

  // In a descriptor: 32-bit words from word 5 on, the flags first.
  localparam int unsigned MaskWords        /*verilator public*/ = 8;
  localparam int unsigned MaskWordsBits = 32 * MaskWords;
  // In a lane group: the flags, then the operands, each from its bit on. A legal mask has no more.
  localparam int unsigned WindowAt = MaskTerms;
  localparam int unsigned SinksAt = WindowAt + 32;
  localparam int unsigned BlockAt = SinksAt + 32;
  localparam int unsigned SummaryAt = BlockAt + 32;
  localparam int unsigned FreeFromAt = SummaryAt + 32;
  localparam int unsigned DiagGroupAt = FreeFromAt + 11;
  localparam int unsigned PrefixAt = DiagGroupAt + 11;
  localparam int unsigned MaskBits = PrefixAt + 32;

  // Words between the two steps of the predicate, of a key alone and of a query and a key:
  // key:  free, near, windowed, causal, window[32]
  // pair: past, block, distance[32]
  localparam int unsigned KeyBits = 36;
  localparam int unsigned PairBits = 34;

  // Are all operands in their ranges, and those without their flags zero?
  function automatic logic legal(input logic [MaskWordsBits-1:0] words,
                                 input logic [31:0] tile_rows);
    logic [31:0] prefix, diag_group, free_from, summary, block, sinks, window, flags;
    logic        power_of_two;
    {prefix, diag_group, free_from, summary, block, sinks, window, flags} = words;
    power_of_two = block != '0 && (block & (block - 32'd1)) == '0;
    legal = (flags & ~MaskAll) == '0;
    if (flags[MaskWindow]
        ? window == '0 || window > tessera_pkg::PositionLimit : window != '0) legal = 1'b0;
    if (flags[MaskSink]
        ? sinks > tessera_pkg::PositionLimit : sinks != '0) legal = 1'b0;
    if (flags[MaskPrefix]
        ? prefix > tessera_pkg::PositionLimit : prefix != '0) legal = 1'b0;
    if (flags[MaskBlock] || flags[MaskSummary]
        ? !power_of_two : block != '0) legal = 1'b0;
    if (flags[MaskSummary]
        ? summary == '0 || summary > block : summary != '0) legal = 1'b0;
    if (flags[MaskFree]
        ? free_from > tile_rows : free_from != '0) legal = 1'b0;
    if (flags[MaskDiagOff]
        ? diag_group == '0 || diag_group > tile_rows : diag_group != '0) legal = 1'b0;
  endfunction

  // The mask of a lane group.
  function automatic logic [MaskBits-1:0] of_words(input logic [MaskWordsBits-1:0] words);
    logic [31:0] prefix, diag_group, free_from, summary, block, sinks, window, flags;
    {prefix, diag_group, free_from, summary, block, sinks, window, flags} = words;
    of_words = {prefix, diag_group[10:0], free_from[10:0], summary, block, sinks, window,
                flags[MaskTerms-1:0]};
  endfunction

  // The predicate, step 1: what the mask says of the key in tile row `row` at position `k` ...
  function automatic logic [KeyBits-1:0] key_word(input logic [MaskBits-1:0] mask,
                                                  input logic [9:0] row, input logic [31:0] k);
    logic [31:0] block;
    logic        local_term, sink, summary, free, prefix;
    block = mask[BlockAt +: 32];
    local_term = mask[MaskWindow] || mask[MaskSink] || mask[MaskBlock] || mask[MaskSummary];
    sink = mask[MaskSink] && k < mask[SinksAt +: 32];
    summary = mask[MaskSummary] && (k & (block - 32'd1)) >= block - mask[SummaryAt +: 32];
    free = mask[MaskFree] && {1'b0, row} >= mask[FreeFromAt +: 11];
    prefix = mask[MaskPrefix] && k < mask[PrefixAt +: 32];
    key_word = {free || prefix, !local_term || sink || summary, mask[MaskWindow], mask[MaskCausal],
                mask[WindowAt +: 32]};
  endfunction

  // ... and of it and a query at position `q`.
  function automatic logic [PairBits-1:0] pair_word(input logic [MaskBits-1:0] mask,
                                                    input logic [31:0] q, input logic [31:0] k);
    logic past, block;
    past = k <= q;
    block = mask[MaskBlock] && ((q ^ k) & ~(mask[BlockAt +: 32] - 32'd1)) == 32'd0;
    pair_word = {past, block, past ? q - k : k - q};
  endfunction

  // Step 2: may the query see the key? DIAG_OFF, which goes by tile rows, is tessera_mask_unit's.
  function automatic logic allows(input logic [KeyBits-1:0] key, input logic [PairBits-1:0] pair);
    logic        free, near, windowed, causal, past, block;
    logic [31:0] window, distance;
    {free, near, windowed, causal, window} = key;
    {past, block, distance} = pair;
    allows = free || ((past || !causal) &&
                      (near || block || (windowed && (distance < window || (!past && causal)))));
  endfunction

  // Tile row of a position, at least 0 and at most the number of `keys`; the first row is at `k`.
  function automatic logic [10:0] row_at(input logic signed [34:0] position, input logic [31:0] k,
                                         input logic [10:0] keys);
    logic signed [35:0] row;
    row = 36'(position) - $signed({4'd0, k});
    row_at = row < 36'sd0 ? 11'd0 : row > $signed({25'd0, keys}) ? keys : row[10:0];
  endfunction

  function automatic logic signed [34:0] lower(input logic signed [34:0] a,
                                               input logic signed [34:0] b);
    lower = a < b ? a : b;
  endfunction

  // The keys that `rows` queries from position `q` on visit, of `keys` from position `k` on
  // (spec/key_range.h): {first tile row, number}.
  function automatic logic [20:0] key_range(input logic [MaskBits-1:0] mask, input logic known,
                                            input logic [31:0] q, input logic [31:0] k,
                                            input logic [10:0] rows, input logic [10:0] keys);
    localparam logic signed [34:0] NoLimit = 35'sh2_0000_0000;
    logic signed [34:0] low, high, limit, in_block, window, sinks, prefix, free;
    logic signed [34:0] begins [6], ends [6];  // of the terms' positions: everywhere, window, ...
    logic [5:0]         given;
    logic [10:0]        from, to, first, past;
    logic               local_term;
    low = $signed({3'd0, q});
    high = low + $signed({24'd0, rows}) - 35'sd1;
    limit = mask[MaskCausal] ? high + 35'sd1 : NoLimit;
    in_block = $signed({3'd0, mask[BlockAt +: 32]}) - 35'sd1;
    window = $signed({3'd0, mask[WindowAt +: 32]});
    sinks = $signed({3'd0, mask[SinksAt +: 32]});
    prefix = $signed({3'd0, mask[PrefixAt +: 32]});
    free = $signed({3'd0, k}) + $signed({24'd0, mask[FreeFromAt +: 11]});
    local_term = mask[MaskWindow] || mask[MaskSink] || mask[MaskBlock] || mask[MaskSummary];
    given = {mask[MaskFree], mask[MaskPrefix], mask[MaskBlock], mask[MaskSink], mask[MaskWindow],
             !local_term || mask[MaskSummary]};
    begins[0] = '0;
    ends[0] = limit;
    begins[1] = low - window + 35'sd1;
    ends[1] = lower(high + window, limit);
    begins[2] = '0;
    ends[2] = lower(sinks, limit);
    begins[3] = low & ~in_block;
    ends[3] = lower((high | in_block) + 35'sd1, limit);
    begins[4] = '0;
    ends[4] = prefix;
    begins[5] = free;
    ends[5] = NoLimit;
    first = keys;
    past = '0;
    for (int t = 0; t < 6; t++) begin
      from = row_at(begins[t], k, keys);
      to = row_at(ends[t], k, keys);
      if (given[t] && from < to) begin
        if (from < first) first = from;
        if (to > past) past = to;
      end
    end
    if (!known || mask[MaskDiagOff]) key_range = {10'd0, keys};
    else if (first >= past) key_range = {10'd0, 11'd1};
    else key_range = {first[9:0], past - first};
  endfunction

endpackage
